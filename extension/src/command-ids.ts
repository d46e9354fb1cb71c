/** Ids of our commands; also what tests and other extensions call. */
export const CommandIDs = {
  /** args: kernel (name of a kernelspec), cwd (folder), displayName */
  newNotebook: 'jupyter-berth:new-notebook',
  openGallery: 'jupyter-berth:open-gallery',
  showAllocations: 'jupyter-berth:show-allocations',
  rescan: 'jupyter-berth:rescan',
  /** of the current notebook */
  chooseResources: 'jupyter-berth:choose-resources',
  startAgain: 'jupyter-berth:start-again',
  showLog: 'jupyter-berth:show-log',
} as const;
