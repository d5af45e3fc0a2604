// The last resort: when a screen breaks, the fan still sees words and a way on.
import { Component, type ReactNode } from "react";

export class ErrorBoundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return (
      <main className="column">
        <h1>This page broke</h1>
        <p>Orders and tickets are safe with the box office. Load the page again to go on.</p>
        <button
          type="button"
          className="button button-main"
          onClick={() => window.location.reload()}
        >
          Load again
        </button>
      </main>
    );
  }
}
