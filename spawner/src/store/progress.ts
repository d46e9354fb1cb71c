/** How far a making is, in bytes of `total`; `waiting` tells of the other one who makes the same image. */
export interface Progress {
  readonly doing: 'fetching' | 'packing' | 'waiting';
  readonly bytes: number;
  readonly total: number;
}
