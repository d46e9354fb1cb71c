import type { RouteName } from '@berth/schema/rest';
import type { Input } from './check-input.ts';
import { openApiDocument } from './openapi.ts';
import type { Services } from './services.ts';

/** Routes that answer with JSON or nothing; the others write their answer themselves. */
export type JsonRoute = Exclude<RouteName, 'events' | 'metrics'>;

export type Handlers = {
  readonly [N in JsonRoute]: (input: Input<N>) => unknown;
};

/** What each route does, in terms of the services. */
export function handlersOf({ status, kernels, profiles, launches, allocations, jobs }: Services): Handlers {
  // the same for the life of the process; made when somebody asks
  let document: ReturnType<typeof openApiDocument> | undefined;
  return {
    status: () => status(),
    openapi: () => (document ??= openApiDocument()),
    kernels: ({ query }) => kernels.page(query),
    kernel: ({ params }) => kernels.detail(params.name),
    offer: ({ params }) => kernels.offer(params.name),
    withdraw: ({ params }) => kernels.withdraw(params.name),
    troubles: () => kernels.troubles(),
    scan: () => kernels.scan(),
    startScan: () => kernels.startScan(),
    stopScan: () => kernels.stopScan(),
    profiles: () => profiles(),
    wish: ({ query }) => launches.wish(query.path, query.kernel),
    setWish: ({ body }) => launches.setWish(body),
    launches: () => ({ launches: launches.list() }),
    launch: ({ params }) => launches.get(params.id),
    launchLog: ({ params }) => ({ lines: launches.log(params.id) }),
    answerLaunch: ({ params, body }) => launches.answer(params.id, body),
    cancelLaunch: ({ params }) => launches.cancel(params.id),
    allocations: () => allocations.list(),
    endAllocation: ({ params }) => allocations.end(params.jobId),
    jobs: () => jobs.list(),
    submitJob: ({ params, body }) => jobs.submit(params.id, body),
    job: ({ params }) => jobs.detail(params.id),
    jobLog: ({ params, query }) => jobs.log(params.id, Number(params.index), Number(query.from)),
    jobOutput: ({ params }) => jobs.output(params.id, Number(params.index)),
    cancelJob: ({ params }) => jobs.cancel(params.id),
    cancelJobElement: ({ params }) => jobs.cancel(params.id, Number(params.index)),
    removeJob: ({ params }) => jobs.remove(params.id),
  };
}
