import type { LabSettings } from '@berth/schema';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { type ISignal, Signal } from '@lumino/signaling';

/** As in the schema; here without it, so that the launcher need not load it. A test compares the two. */
export const DEFAULT_SETTINGS: LabSettings = {
  launcherTiles: 30,
  onlyOwnSection: true,
  writeResources: 'created',
  warnMinutes: 10,
};

/** Our settings: the defaults until Lab has loaded them, so that nothing waits for that. */
export class SettingsReader {
  readonly #changed = new Signal<this, void>(this);
  #values = DEFAULT_SETTINGS;

  get changed(): ISignal<this, void> {
    return this.#changed;
  }
  get values(): LabSettings {
    return this.#values;
  }

  /** Take over what the registry says now and later. It has validated all values by the schema of the plugin. */
  async follow(registry: ISettingRegistry, plugin: string): Promise<void> {
    const settings = await registry.load(plugin);
    const read = (): void => {
      this.#values = { ...DEFAULT_SETTINGS, ...(settings.composite as Partial<LabSettings>) };
      this.#changed.emit();
    };
    settings.changed.connect(read);
    read();
  }
}
