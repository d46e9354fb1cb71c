/**
 * The target of `rel="next"` in a Link header, as written (often relative). Source: RFC 8288; OCI distribution-spec,
 * "Listing Tags".
 */
export function nextLink(header: string | undefined): string | undefined {
  for (const match of (header ?? '').slice(0, 8192).matchAll(/<([^<>]*)>([^<]*)/g)) {
    if (/;\s*rel\s*=\s*(?:"next"|next(?=\s*(?:[;,]|$)))/i.test(match[2] ?? '')) return match[1];
  }
  return undefined;
}
