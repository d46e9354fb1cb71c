import type { JobView } from '@berth/schema/rest';
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { IBerth } from '../berth.ts';
import { CommandIDs } from '../command-ids.ts';
import type { Session } from '../session.ts';
import { showProblem } from '../show-problem.tsx';
import { newJobId } from './job-id.ts';
import { showJobLog } from './job-log-view.tsx';
import { outputPath } from './output-drive.ts';

/** What can be done about a job. A failure is told in a dialog. */
export class JobActions {
  readonly #berth: IBerth;
  readonly #session: Session;

  constructor(berth: IBerth, session: Session) {
    this.#berth = berth;
    this.#session = session;
  }

  /** End it, after the person has said so twice. */
  async cancel({ id, name, sweep }: JobView): Promise<void> {
    const { trans } = this.#berth;
    const sure = await this.#asks(
      trans.__('Cancel the job of %1?', name),
      sweep === undefined
        ? trans.__('What it has written so far stays.')
        : trans.__('All runs of it end; what they have written so far stays.'),
      trans.__('Cancel the job'),
    );
    if (!sure) return;
    await this.#do(trans.__('The job could not be cancelled'), (client) =>
      client.call('cancelJob', { params: { id } }),
    );
  }

  /** End one run of a sweep; the others go on. */
  async cancelElement({ id, name }: JobView, index: number): Promise<void> {
    const { trans } = this.#berth;
    const sure = await this.#asks(
      trans.__('Cancel run %1 of %2?', index, name),
      trans.__('What it has written so far stays, and the other runs go on.'),
      trans.__('Cancel the run'),
    );
    if (!sure) return;
    await this.#do(trans.__('The run could not be cancelled'), (client) =>
      client.call('cancelJobElement', { params: { id, index: String(index) } }),
    );
  }

  /** From the list, with what was kept of it, after the person has said so twice. */
  async remove({ id, name, submitted }: JobView): Promise<void> {
    const { trans } = this.#berth;
    const sure = await this.#asks(
      trans.__('Remove the job of %1?', name),
      trans.__(
        'Its outputs and logs of %1 are deleted. The notebook itself stays, and what it wrote elsewhere.',
        new Date(submitted).toLocaleString(),
      ),
      trans.__('Remove the job'),
    );
    if (!sure) return;
    await this.#do(trans.__('The job could not be removed'), (client) =>
      client.call('removeJob', { params: { id } }),
    );
  }

  async again({ id, name }: JobView): Promise<void> {
    const { trans } = this.#berth;
    try {
      const job = await this.#session.client.call('submitJob', {
        params: { id: newJobId() },
        body: { again: id },
      });
      Notification.success(trans.__('%1 was submitted again as job %2', name, job.jobId ?? '?'), {
        autoClose: 5000,
      });
    } catch (error) {
      await showProblem(error, trans.__('The job could not be submitted again'), trans);
    }
  }

  /** In Lab's own view of notebooks, without a kernel. */
  openOutput(job: JobView, index: number): Promise<unknown> {
    return this.#berth.app.commands.execute(CommandIDs.openOutput, { path: outputPath(job, index) });
  }

  showLog(job: JobView, index: number): void {
    showJobLog(this.#berth, this.#session, job, index);
  }

  async #asks(title: string, body: string, label: string): Promise<boolean> {
    const { trans } = this.#berth;
    const buttons = [Dialog.cancelButton({ label: trans.__('Keep it') }), Dialog.warnButton({ label })];
    return (await showDialog({ title, body, buttons, defaultButton: 0 })).button.accept;
  }

  async #do(problem: string, what: (client: Session['client']) => Promise<unknown>): Promise<void> {
    try {
      await what(this.#session.client);
    } catch (error) {
      await showProblem(error, problem, this.#berth.trans);
    }
  }
}
