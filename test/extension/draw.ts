import { act, type ReactElement } from 'react';
import { createRoot } from 'react-dom/client';

export interface Drawn {
  readonly node: HTMLElement;
  /** elements of this role whose accessible name (label or text) is, or matches, `name` */
  all(role: string, name?: string | RegExp): readonly HTMLElement[];
  one(role: string, name?: string | RegExp): HTMLElement;
  /** the same view with other properties */
  again(view: ReactElement): Promise<void>;
  end(): Promise<void>;
}

const ROLES: Readonly<Record<string, string>> = {
  button: 'button, [role=button]',
  radio: 'input[type=radio]',
  textbox: 'input:not([type]), input[type=text]',
  searchbox: 'input[type=search]',
  list: 'ul',
};

/** Draw a view into the page, for real, and find in it what a person would. */
export async function draw(view: ReactElement): Promise<Drawn> {
  const node = document.body.appendChild(document.createElement('div'));
  const root = createRoot(node);
  await acting(() => root.render(view));
  return {
    ...finding(node),
    again: (other) => acting(() => root.render(other)),
    end: async () => {
      await acting(() => root.unmount());
      node.remove();
    },
  };
}

export function finding(node: HTMLElement): Pick<Drawn, 'node' | 'all' | 'one'> {
  const all: Drawn['all'] = (role, name) =>
    [...node.querySelectorAll<HTMLElement>(ROLES[role] ?? `[role=${role}]`)].filter((one) => {
      if (name === undefined) return true;
      const called = nameOf(one);
      return typeof name === 'string' ? called === name : name.test(called);
    });
  const one: Drawn['one'] = (role, name) => {
    const [found, ...more] = all(role, name);
    if (!found || more.length > 0) {
      throw new Error(`${found ? 'more than one' : 'no'} ${role} "${String(name)}" in\n${node.innerHTML}`);
    }
    return found;
  };
  return { node, all, one };
}

const nameOf = (node: HTMLElement): string =>
  (
    node.getAttribute('aria-label') ||
    (node.id && document.querySelector(`label[for="${node.id}"]`)?.textContent) ||
    node.textContent ||
    node.closest('label')?.textContent ||
    ''
  ).trim();

/** React draws what this causes before it resolves. Only then is React told to expect that: Lab's own views draw as they like. */
async function acting(work: () => unknown): Promise<void> {
  const react = globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean };
  react.IS_REACT_ACT_ENVIRONMENT = true;
  try {
    await act(async () => {
      await work();
    });
  } finally {
    react.IS_REACT_ACT_ENVIRONMENT = false;
  }
}

export const press = (node: HTMLElement, key: string): Promise<void> =>
  acting(() => node.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })));
export const focus = (node: HTMLElement): Promise<void> => acting(() => node.focus());
export const click = (node: HTMLElement): Promise<void> => acting(() => node.click());

/** As if a person had typed it over what was there. */
export const type = (node: HTMLElement, text: string): Promise<void> =>
  acting(() => {
    // React looks at the setter of the instance, so the prototype's is called
    Reflect.set(Object.getPrototypeOf(node) as object, 'value', text, node);
    node.dispatchEvent(new Event('input', { bubbles: true }));
  });

/** Resolves once `holds` does. In many small turns, because React draws only between them. */
export async function settled(holds: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`never: ${holds.toString()}\n${document.body.innerHTML}`);
    await acting(() => new Promise<void>((resolve) => setImmediate(resolve)));
  }
}
