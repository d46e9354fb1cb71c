import { juliaIcon, kernelIcon, LabIcon, pythonIcon, rKernelIcon } from '@jupyterlab/ui-components';

/** Ships at a quay: drawn here, in Lab's icon colours, so that no view waits for a picture. */
export const berthIcon = new LabIcon({
  name: 'jupyter-berth:berth',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16">
  <g class="jp-icon3 jp-icon-selectable" fill="#616161">
    <path d="M4 11h3V8h3v3h1V8h3v3h1V8h3v3h2l-2.2 6H6.2z"/>
    <path d="M2 19h20v2H2z"/>
    <path d="M11 3h2v4h-2z"/>
  </g>
</svg>`,
});

const LANGUAGES: Readonly<Record<string, LabIcon>> = {
  python: pythonIcon,
  r: rKernelIcon,
  julia: juliaIcon,
};

/** Icon of a language: Lab's own, which are part of the page already; a plain kernel for all others. */
export const languageIcon = (language: string): LabIcon => {
  const key = language.toLowerCase();
  return (Object.hasOwn(LANGUAGES, key) ? LANGUAGES[key] : undefined) ?? kernelIcon;
};
