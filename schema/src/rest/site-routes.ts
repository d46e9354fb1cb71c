import { SessionId } from '../hub-session.ts';
import type { Route } from './routes.ts';
import {
  Callback,
  Form,
  FormQuery,
  OptionsCheck,
  OwnerQuery,
  SessionList,
  SessionQuery,
  SessionStart,
  SessionView,
} from './site-bodies.ts';

/** For the Hub's spawner, on a Unix socket that only the Hub's account reaches. */
export const HUB_ROUTES = {
  form: {
    method: 'get',
    path: '/v1/form',
    summary: 'What a person may choose, as HTML for the Hub.',
    query: FormQuery,
    status: 200,
    answer: Form,
  },
  checkOptions: {
    method: 'post',
    path: '/v1/options',
    summary: 'Whether this may be chosen by this person.',
    body: OptionsCheck,
    status: 204,
  },
  startSession: {
    method: 'put',
    path: '/v1/sessions/:id',
    summary: "Start a person's server as a Slurm job; the same id never makes two.",
    params: { id: SessionId },
    body: SessionStart,
    status: 200,
    answer: SessionView,
  },
  session: {
    method: 'get',
    path: '/v1/sessions/:id',
    summary: 'How it stands; waits for news.',
    params: { id: SessionId },
    query: SessionQuery,
    status: 200,
    answer: SessionView,
  },
  stopSession: {
    method: 'delete',
    path: '/v1/sessions/:id',
    summary: 'End it; answers when its job has ended, or after a while.',
    params: { id: SessionId },
    query: OwnerQuery,
    status: 200,
    answer: SessionView,
  },
} as const satisfies Readonly<Record<string, Route>>;
export type HubRouteName = keyof typeof HUB_ROUTES;

/** Below JupyterHub's /services/berth, with tokens of the Hub in the Authorization header and nothing else. */
export const SERVICE_ROUTES = {
  callback: {
    method: 'post',
    path: '/v1/callback',
    summary: "A job tells on which port its person's server listens.",
    body: Callback,
    status: 204,
  },
  ownSessions: {
    method: 'get',
    path: '/v1/sessions',
    summary: "The person's own servers.",
    status: 200,
    answer: SessionList,
  },
  ownSession: {
    method: 'get',
    path: '/v1/sessions/:id',
    summary: "One of the person's own servers.",
    params: { id: SessionId },
    status: 200,
    answer: SessionView,
  },
} as const satisfies Readonly<Record<string, Route>>;
export type ServiceRouteName = keyof typeof SERVICE_ROUTES;
