import { Failure } from '@berth/schema';

/**
 * Why the content of a layer is refused, without saying which layer: `layerFailure` adds that where it is known. `limit`
 * names the configured cap that was passed.
 */
export class LayerRefusal extends Error {
  override readonly name = 'LayerRefusal';
  readonly limit: { readonly key: string; readonly value: number } | undefined;

  constructor(
    why: string,
    limit?: { readonly key: string; readonly value: number },
    options?: { readonly cause?: unknown },
  ) {
    super(why, options);
    this.limit = limit;
  }
}

/** A refusal as the Failure of this layer; anything else as it is. */
export function layerFailure(error: unknown, layer: string): unknown {
  if (!(error instanceof LayerRefusal)) return error;
  const { message, limit } = error;
  return limit === undefined
    ? new Failure('layer-invalid', { digest: layer, why: message }, { cause: error })
    : new Failure('limit-exceeded', { what: message, limit: limit.value, key: limit.key }, { cause: error });
}
