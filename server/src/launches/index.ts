export { openLaunches, type Launches, type LaunchesOptions } from './launches.ts';
