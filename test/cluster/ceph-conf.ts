import { join } from 'node:path';

export interface CephPaths {
  readonly data: string;
  readonly log: string;
  readonly conf: string;
  readonly monMap: string;
  readonly credentials: string;
}

export const cephPaths = (dir: string): CephPaths => ({
  data: join(dir, 'ceph'),
  log: join(dir, 'log'),
  conf: join(dir, 'ceph', 'ceph.conf'),
  monMap: join(dir, 'ceph', 'monmap'),
  credentials: join(dir, 'ceph', 'credentials'),
});

interface CephPlace {
  readonly dir: string;
  readonly fsid: string;
  /** ports of the monitor and of the S3 gateway */
  readonly mon: number;
  readonly gateway: number;
  /** a row of ports for OSD (four) and manager */
  readonly others: readonly number[];
}

/** The smallest Ceph that has an S3 gateway. Sources: Ceph documentation, "Configuration reference"; ceph.conf(5). */
export function cephConf({ dir, fsid, mon, gateway, others }: CephPlace): string {
  const { data, log, monMap } = cephPaths(dir);
  return `[global]
fsid = ${fsid}
# one version of the messenger: half the ports
mon host = v1:127.0.0.1:${mon}
# it holds the fsid too: who has only the address may ask before it knows that, and is refused ("wrong fsid")
monmap = ${monMap}
ms bind msgr2 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind port min = ${Math.min(...others)}
ms bind port max = ${Math.max(...others)}
auth cluster required = none
auth service required = none
auth client required = none
run dir = ${data}
admin socket = ${data}/$name.asok
log file = ${log}/$name.log
crash dir = ${data}
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
# changes of the map wait for one another 2 s by default, and a gateway makes six pools
paxos propose interval = 0.05
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data avail warn = 1
mon data avail crit = 0
osd crush chooseleaf type = 0

[mon]
mon data = ${data}/mon-$id

[mgr]
mgr data = ${data}/mgr-$id
mgr initial modules =

[osd]
osd data = ${data}/osd-$id
osd objectstore = memstore
# its place in the map is given; asking at its start races with learning which cluster this is ("wrong fsid"), and it ends
osd crush update on start = false
osd class update on start = false
memstore device bytes = 8589934592

[client.gateway]
rgw data = ${data}/rgw
# without nodelay every small answer waits 40 ms for an acknowledgement
rgw frontends = beast endpoint=127.0.0.1:${gateway} tcp_nodelay=1
rgw thread pool size = 32
rgw enable usage log = false
rgw run sync thread = false
rgw enable gc threads = true
`;
}
