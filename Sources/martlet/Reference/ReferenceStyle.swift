/// How the pages look: a readable column, in light or dark as the reader's system is.
enum ReferenceStyle {
    static let sheet = """
        :root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fff; --faint: #595959; --line: #c8c8c8;
          --shade: #f3f3f1; --link: #0b4fa8; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e6e6e6; --paper: #16181a; --faint: #a8a8a8; --line: #44484c; --shade: #202427; --link: #8ab8ff; }
        }
        body { margin: 0 auto; max-width: 46rem; padding: 1rem; background: var(--paper); color: var(--ink);
          font: 1rem/1.55 system-ui, sans-serif; }
        a { color: var(--link); }
        h1, h2, h3 { line-height: 1.25; }
        h2 { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 0.75rem; }
        code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
        pre { padding: 0.75rem; overflow-x: auto; background: var(--shade); border: 1px solid var(--line); }
        h3 code { overflow-wrap: anywhere; }
        table { width: 100%; border-collapse: collapse; }
        th, td { padding: 0.3rem 0.75rem 0.3rem 0; border-bottom: 1px solid var(--line); text-align: start;
          vertical-align: top; }
        dl { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: 0.2rem 1rem; }
        dt { color: var(--faint); }
        dd { margin: 0; overflow-wrap: anywhere; }
        @media (max-width: 32rem) { dl { display: block; } dd { margin: 0 0 0.4rem 1rem; } }

        """
}
