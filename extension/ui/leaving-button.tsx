// A button that may go while it has the focus: when it was pressed, or when its time is over.
import { useLayoutEffect, useRef } from "preact/hooks";
import type { ButtonHTMLAttributes, RefObject } from "preact";

export interface LeavingButtonProps extends ButtonHTMLAttributes {
  /** What stays when it goes, and can have the focus. */
  readonly heir: RefObject<HTMLElement | null>;
}

/** Hands the focus on before it is taken out: else the keyboard would begin anew at the page's top. */
export function LeavingButton({ heir, ...attributes }: LeavingButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(
    () => () => {
      if (document.activeElement === button.current) heir.current?.focus();
    },
    [heir],
  );
  return <button ref={button} type="button" {...attributes} />;
}
