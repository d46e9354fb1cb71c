import { expect, test } from '@jest/globals';
import { LabSettings } from '@berth/schema';
import { DEFAULT_SETTINGS } from '../../extension/src/settings-reader.ts';

test('the defaults before Lab has loaded the settings are those of the schema', () => {
  expect(DEFAULT_SETTINGS).toEqual(LabSettings.parse({}));
});
