/** What JupyterLab's packages look for when they are loaded, and jsdom lacks. */
class Observer {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
Object.assign(globalThis, {
  DragEvent: class extends Event {},
  ResizeObserver: Observer,
  IntersectionObserver: Observer,
  requestIdleCallback: (work: () => void) => setTimeout(work),
  cancelIdleCallback: clearTimeout,
  matchMedia: () => ({ matches: false, addEventListener() {}, removeEventListener() {} }),
});
Object.assign(navigator, { clipboard: {} });
