/** Ids of our commands; also what tests and other extensions call. */
export const CommandIDs = {
  /** args: kernel (name of a kernelspec), cwd (folder), displayName */
  newNotebook: 'jupyter-berth:new-notebook',
  openGallery: 'jupyter-berth:open-gallery',
  showAllocations: 'jupyter-berth:show-allocations',
  /** of the current notebook */
  runAsJob: 'jupyter-berth:run-as-job',
  /** of the selected file */
  runFileAsJob: 'jupyter-berth:run-file-as-job',
  /** args: path of an output; not in the palette, because it needs a job */
  openOutput: 'jupyter-berth:open-output',
  rescan: 'jupyter-berth:rescan',
  /** of the current notebook */
  chooseResources: 'jupyter-berth:choose-resources',
  startAgain: 'jupyter-berth:start-again',
  showLog: 'jupyter-berth:show-log',
} as const;
