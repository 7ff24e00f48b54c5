/** What is carried from a list to the canvas by dragging. */

/** The id of a node type. */
export const CARRIED_TYPE = "application/x-graphflow-node-type";
