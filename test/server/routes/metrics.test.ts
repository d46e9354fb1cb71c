import { expect, test } from '@jest/globals';
import type { LaunchStory } from '@berth/schema/rest';
import { EventHub, openMetrics } from '@berth/server/routes';

test('what a dashboard of the site needs is there, with labels of closed lists', async () => {
  const events = new EventHub({ instance: 'i' });
  const launch = (state: string) => ({ launch: { state } }) as LaunchStory;
  const metrics = openMetrics(events, { list: () => [launch('ready'), launch('ready'), launch('queued')] });
  events.listen({ pending: () => 0, write: () => undefined, drop: () => undefined }, undefined);
  metrics.request('GET', 'kernels', 200, 0.01);
  metrics.scanEnded('failed');
  metrics.slurm('squeue', true);
  metrics.slurm('squeue', false);
  const lines = (await metrics.registry.metrics()).split('\n');
  for (const line of [
    'berth_http_request_seconds_count{method="GET",route="kernels",status="200"} 1',
    'berth_event_listeners 1',
    'berth_event_listeners_dropped 0',
    'berth_launches{state="ready"} 2',
    'berth_launches{state="queued"} 1',
    'berth_scans_total{result="failed"} 1',
    'berth_slurm_commands_total{command="squeue",result="answered"} 1',
    'berth_slurm_commands_total{command="squeue",result="failed"} 1',
  ])
    expect(lines).toContain(line);
  expect(lines).toContainEqual(expect.stringMatching(/^nodejs_eventloop_lag_p99_seconds /));
  // a second look tells the same, not the sum
  expect((await metrics.registry.metrics()).split('\n')).toContain('berth_launches{state="ready"} 2');
});
