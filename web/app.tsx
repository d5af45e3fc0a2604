// The whole page: the bar on top and the screen that the address asks for.
import { HoldScreen } from "./checkout/hold-screen.tsx";
import { OrderScreen } from "./checkout/order-screen.tsx";
import { EventScreen } from "./event/event-screen.tsx";
import { EventsScreen } from "./event/events-screen.tsx";
import { QueueScreen } from "./organiser/queue-screen.tsx";
import { Header } from "./page/header.tsx";
import { type Place, placeOf, usePath } from "./page/router.ts";
import { NowhereScreen } from "./page/screen-states.tsx";
import { SessionProvider } from "./session/session.tsx";
import { TicketScreen } from "./ticket/ticket-screen.tsx";
import { TicketsScreen } from "./ticket/tickets-screen.tsx";

export function App() {
  const path = usePath();
  return (
    <SessionProvider>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <Header />
      {/* A new key per address: no screen inherits what another was doing. */}
      <main id="main" tabIndex={-1}>
        <Screen key={path} place={placeOf(path)} />
      </main>
    </SessionProvider>
  );
}

function Screen({ place }: { place: Place }) {
  switch (place.screen) {
    case "events":
      return <EventsScreen />;
    case "event":
      return <EventScreen eventId={place.eventId} />;
    case "hold":
      return <HoldScreen eventId={place.eventId} holdId={place.holdId} />;
    case "queue":
      return <QueueScreen eventId={place.eventId} />;
    case "order":
      return <OrderScreen orderId={place.orderId} />;
    case "tickets":
      return <TicketsScreen />;
    case "ticket":
      return <TicketScreen ticketId={place.ticketId} />;
    case "nowhere":
      return <NowhereScreen />;
  }
}
