// Copies, and says for a moment whether it did.
import { useEffect, useState } from "preact/hooks";
import { phrase } from "../text/translate.ts";
import type { Translate } from "../text/translate.ts";

export interface CopyButtonProps {
  readonly t: Translate;
  readonly disabled: boolean;
  /** Rejects where the browser does not let us. */
  readonly onCopy: () => Promise<void>;
}

export function CopyButton({ t, disabled, onCopy }: CopyButtonProps) {
  const [said, say] = useState<"ui_copy" | "ui_copied" | "ui_copy_failed">("ui_copy");
  useEffect(() => {
    if (said === "ui_copy") return;
    const timer = setTimeout(() => say("ui_copy"), 2000);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = (): void => {
    onCopy().then(
      () => say("ui_copied"),
      () => say("ui_copy_failed"),
    );
  };
  return (
    <button type="button" class="wb-button" aria-live="polite" disabled={disabled} onClick={copy}>
      {t(phrase(said))}
    </button>
  );
}
