import { randomUUID } from 'node:crypto';

/** A Jupyter server that is asked as JupyterLab asks it: `url` ends in no slash. */
export interface JupyterAddress {
  readonly url: string;
  readonly token: string;
}

interface Message {
  readonly channel: string;
  readonly header: { readonly msg_type: string };
  readonly parent_header: { readonly msg_id?: string };
  readonly content: Readonly<Record<string, unknown>>;
}

/** One REST call; gives the answer's JSON, throws on any status but success. */
export async function ask(
  { url, token }: JupyterAddress,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const headers = { authorization: `token ${token}`, 'content-type': 'application/json' };
  const response = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Gives the kernel's id as soon as its process runs. */
export async function startKernel(server: JupyterAddress, name: string): Promise<string> {
  const model = (await ask(server, 'POST', '/api/kernels', { name })) as { id: string };
  return model.id;
}

/** Runs the code; gives what it printed, when the reply and the final idle have come. `log`: told in errors. */
export async function execute(
  { url: base, token }: JupyterAddress,
  kernel: string,
  code: string,
  log: () => string = () => '',
): Promise<string> {
  const url = `${base.replace('http', 'ws')}/api/kernels/${kernel}/channels?token=${token}`;
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', () => reject(new Error(`no channels\n${log()}`)), { once: true });
  });
  const id = randomUUID();
  const header = {
    msg_id: id,
    msg_type: 'execute_request',
    username: '',
    session: randomUUID(),
    version: '5.3',
    date: '',
  };
  const content = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false };
  const waiting = new Set(['execute_reply', 'idle']);
  let text = '';
  const done = new Promise<void>((resolve, reject) => {
    socket.addEventListener('close', () => reject(new Error(`channels closed\n${log()}`)), { once: true });
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data)) as Message;
      if (message.parent_header.msg_id !== id) return;
      const { msg_type: type } = message.header;
      if (type === 'stream') text += String(message.content['text']);
      waiting.delete(type === 'status' ? String(message.content['execution_state']) : type);
      if (waiting.size === 0) resolve();
    });
  });
  const request = { channel: 'shell', header, parent_header: {}, metadata: {}, content, buffers: [] };
  socket.send(JSON.stringify({ ...request, header: { ...header, date: new Date().toISOString() } }));
  try {
    await done;
  } finally {
    socket.close();
  }
  return text;
}
