import { FileInput } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { takeIn } from "./importing";

/** Files may be dropped anywhere: workflows, and pictures that hold the one that made them. */
export function DropZone() {
  const { t } = useTranslation();
  const [over, setOver] = useState(false);
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      // A field that takes pictures says so itself.
      setOver(!(event.target instanceof Element && event.target.closest("[data-takes-files]")));
    };
    const leave = (event: DragEvent) => event.relatedTarget === null && setOver(false);
    const drop = (event: DragEvent) => {
      setOver(false);
      if (!hasFiles(event) || event.defaultPrevented) return;
      event.preventDefault();
      void takeIn([...(event.dataTransfer?.files ?? [])]);
    };
    window.addEventListener("dragover", enter);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragover", enter);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
    };
  }, []);
  if (!over) return null;
  return (
    <div className="drop-zone">
      <p>
        <FileInput className="icon" /> {t("dropHere")}
      </p>
    </div>
  );
}
