/** The panels that open from the rail. */
export type PanelName = "workflows" | "nodes";
