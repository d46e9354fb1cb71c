import type { TranslationBundle } from '@jupyterlab/translation';

/**
 * A duration as people say it: two units at most, seconds only below ten minutes.
 * @param seconds at least 0; parts of a second are dropped
 */
export function durationWords(seconds: number, trans: TranslationBundle): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [days, hours] = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24];
  const [minutes, rest] = [Math.floor(whole / 60) % 60, whole % 60];
  const d = trans.__('%1 d', days);
  const h = trans.__('%1 h', hours);
  const m = trans.__('%1 min', minutes);
  const s = trans.__('%1 s', rest);
  if (days > 0) return hours > 0 ? `${d} ${h}` : d;
  if (hours > 0) return minutes > 0 ? `${h} ${m}` : h;
  if (minutes >= 10 || (minutes > 0 && rest === 0)) return m;
  return minutes > 0 ? `${m} ${s}` : s;
}
