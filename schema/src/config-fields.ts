import * as z from 'zod/mini';
import { about } from './about.ts';

/** A time limit beyond this is a mistake, and beyond 24.8 days none: Node's timers then fire at once. */
export const A_DAY = 86_400;
export const seconds = (description: string, fallback: number, least?: number) =>
  about(
    z._default(z.number().check(least === undefined ? z.positive() : z.gte(least), z.lte(A_DAY)), fallback),
    description,
  );
export const count = (description: string, fallback: number, most: number) =>
  about(z._default(z.int().check(z.gte(1), z.lte(most)), fallback), description);

/** `Repository` of image-ref.ts with "*" admitted wherever a character may stand; never `..`, never a leading "/" (T16). */
const PATTERN_PART = String.raw`[a-z0-9*]+(?:(?:\.|_|__|-+)[a-z0-9*]+)*`;
export const RepositoryPattern = z
  .string()
  .check(
    z.maxLength(255),
    z.regex(new RegExp(`^${PATTERN_PART}(?:/${PATTERN_PART})*$`), 'not a repository name or pattern'),
  );
