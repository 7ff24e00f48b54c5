import { useDocuments } from "../../state/documents";
import { stopNaming, useNaming } from "./saving";
import { SaveAsDialog } from "./SaveAsDialog";

/** Asks for a name when something is saved that has none. */
export function Naming() {
  const id = useNaming((naming) => naming.document);
  const document = useDocuments(({ open }) => open.find((each) => each.id === id) ?? null);
  return document && <SaveAsDialog document={document} onClose={stopNaming} />;
}
