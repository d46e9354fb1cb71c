import { MainAreaWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { useLayoutEffect, useRef } from 'react';
import type { IBerth } from '../berth.ts';
import { berthIcon } from '../icons/icons.ts';

/** Show a log below what is open; one tab for each `id`. */
export function openLog(
  { app, trans }: IBerth,
  log: { readonly id: string; readonly of: string; readonly view: JSX.Element },
): void {
  for (const open of app.shell.widgets('main')) if (open.id === log.id) return app.shell.activateById(log.id);
  const widget = new MainAreaWidget({ content: ReactWidget.create(log.view) });
  widget.id = log.id;
  widget.title.label = trans.__('Log: %1', log.of);
  widget.title.icon = berthIcon;
  widget.title.closable = true;
  app.shell.add(widget, 'main', { mode: 'split-bottom' });
}

interface LogTextProps {
  readonly title: string;
  /** beside the title */
  readonly action?: JSX.Element;
  readonly problem: string | undefined;
  /** undefined: not read yet */
  readonly text: string | undefined;
  readonly trans: TranslationBundle;
}

/** What was said so far; it stays at the end of it unless the person scrolled up. */
export function LogText({ title, action, problem, text, trans }: LogTextProps): JSX.Element {
  const box = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  useLayoutEffect(() => {
    if (box.current && follows.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  return (
    <div className="jp-Berth-log">
      <header className="jp-Berth-panelHead">
        <h2>{title}</h2>
        {action}
      </header>
      {problem && (
        <p className="jp-Berth-problem" role="alert">
          {problem}
        </p>
      )}
      <pre
        ref={box}
        role="log"
        tabIndex={0}
        aria-label={trans.__('What was said')}
        onScroll={({ currentTarget: node }) => {
          follows.current = node.scrollTop + node.clientHeight >= node.scrollHeight - 4;
        }}
      >
        {text === '' ? trans.__('Nothing was said yet.') : text}
      </pre>
    </div>
  );
}
