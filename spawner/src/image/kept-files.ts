/**
 * The few files whose content tells something about kernels: kernelspecs with their logos, `pyvenv.cfg`, what
 * identifies an installed ipykernel (wheel or Debian's egg-info) and R's IRkernel. Everything else is known by its path.
 */
const KEPT = [
  /(?:^|\/)kernels\/[^/]+\/(?:kernel\.json|logo-[A-Za-z0-9_-]{1,40}\.(?:png|svg))$/,
  /(?:^|\/)pyvenv\.cfg$/,
  /(?:^|\/)ipykernel-[^/]+\.(?:dist-info\/METADATA|egg-info(?:\/PKG-INFO)?)$/,
  /(?:^|\/)IRkernel\/DESCRIPTION$/,
] as const;

/** Last characters of the paths above: decides for nearly all paths without a regular expression. */
const ENDINGS = ['json', '.png', '.svg', '.cfg', 'DATA', 'INFO', 'info', 'TION'] as const;

export const isKept = (path: string): boolean =>
  ENDINGS.some((ending) => path.endsWith(ending)) && KEPT.some((form) => form.test(path));
