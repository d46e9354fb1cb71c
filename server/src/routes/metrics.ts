import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { EventHub } from './event-hub.ts';
import type { LaunchBoard } from './services.ts';

export interface Metrics {
  readonly registry: Registry;
  /** `route` is a name of the table or `unknown`, never what somebody typed */
  request(method: string, route: string, status: number, seconds: number): void;
  scanEnded(result: 'done' | 'failed' | 'cancelled'): void;
  /** a question or order to Slurm; `command` is its program's name */
  slurm(command: string, answered: boolean): void;
}

/** Labels come from closed lists, so that nobody can fill the memory of whoever collects them. */
export function openMetrics(events: EventHub, launches: Pick<LaunchBoard, 'list'>): Metrics {
  const registry = new Registry();
  const registers = [registry];
  // the event loop's lag, memory and CPU of the process
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'berth_http_request_seconds',
    help: 'Time to answer a request.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  });
  const scans = new Counter({
    name: 'berth_scans_total',
    help: 'Looks into all sources that came to an end.',
    labelNames: ['result'] as const,
    registers,
  });
  const slurm = new Counter({
    name: 'berth_slurm_commands_total',
    help: 'Slurm commands that were run.',
    labelNames: ['command', 'result'] as const,
    registers,
  });
  new Gauge({
    name: 'berth_event_listeners',
    help: 'Pages that listen to events now.',
    registers,
    collect() {
      this.set(events.listeners);
    },
  });
  new Gauge({
    name: 'berth_event_listeners_dropped',
    help: 'Listeners that were dropped because they did not read.',
    registers,
    collect() {
      this.set(events.dropped);
    },
  });
  new Gauge({
    name: 'berth_launches',
    help: 'Starts of kernels by their state.',
    labelNames: ['state'] as const,
    registers,
    collect() {
      this.reset();
      for (const { launch } of launches.list()) this.inc({ state: launch.state });
    },
  });
  return {
    registry,
    request: (method, route, status, seconds) =>
      requests.observe({ method, route, status: String(status) }, seconds),
    scanEnded: (result) => scans.inc({ result }),
    slurm: (command, answered) => slurm.inc({ command, result: answered ? 'answered' : 'failed' }),
  };
}
