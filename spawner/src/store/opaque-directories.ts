import { encodeTarHeader, paddingOf, TAR_END } from '../image/index.ts';
import { encodePax } from '../image/pax.ts';
import type { ImageListing } from './image-listing.ts';

/**
 * A tar that marks directories as complete for overlayfs when it is extracted over them: Node cannot set extended
 * attributes, GNU tar can. Where the file system has none the marks are lost, and with them some speed, nothing else.
 * Source: Linux Documentation/filesystems/overlayfs.rst, "userxattr"; star(5), "SCHILY.xattr".
 */
export function opaqueDirectories(
  paths: readonly string[],
  directories: ImageListing['directories'],
): Buffer {
  const parts = paths.flatMap((path) => {
    const { mode = 0o755, mtime = 0 } = directories.get(path) ?? {};
    const base = { mode, mtime, uid: 0, gid: 0, linkname: '', name: 'marked' };
    const records = encodePax(
      new Map([
        ['path', `${path}/`],
        ['SCHILY.xattr.user.overlay.opaque', 'y'],
      ]),
    );
    return [
      encodeTarHeader({ ...base, type: 'x', size: records.length }),
      records,
      TAR_END.subarray(0, paddingOf(records.length)),
      encodeTarHeader({ ...base, type: '5', size: 0 }),
    ];
  });
  return Buffer.concat([...parts, TAR_END]);
}
