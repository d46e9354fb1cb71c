export { createApp, type AppParts } from './app.ts';
export { EventHub } from './event-hub.ts';
export { hardenedServer } from './http-server.ts';
export { openLog, type Fields, type Log } from './log.ts';
export { openMetrics, type Metrics } from './metrics.ts';
export { openApiDocument } from './openapi.ts';
export { createHubApp, createServiceApp } from './site-apps.ts';
export type { HubServices, ServiceFace, SiteSessions } from './site-services.ts';
export type {
  Allocations,
  Jobs,
  KernelGallery,
  LaunchBoard,
  Publish,
  SavedOutput,
  Services,
} from './services.ts';
