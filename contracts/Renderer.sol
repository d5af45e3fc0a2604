// Draws the tickets and the collection for wallets, with nothing that must be hosted.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {EventBook} from "./EventBook.sol";
import {ContentFolder} from "./libraries/ContentFolder.sol";
import {EventView} from "./libraries/EventRecord.sol";
import {TicketId} from "./libraries/TicketId.sol";
import {TicketJson} from "./libraries/TicketJson.sol";
import {TicketView} from "./libraries/TicketWord.sol";

/// @notice Only the event's organiser, or a holder of ORGANISER_ROLE, chooses its artwork.
/// @param caller The caller.
/// @param eventId The event.
error RendererNotOrganiser(address caller, uint256 eventId);

/// @notice Whoever bought a ticket keeps the picture that was promised.
/// @param eventId The event.
error RendererSaleStarted(uint256 eventId);

/// @title Renderer
/// @notice Has no authority over tickets: the tickets contract hands it what it draws, and the
/// admin can name another one at any time. A ticket's words are always written here, from the
/// chain; its picture is drawn here as well, or lies in a folder that its own address vouches for.
contract Renderer {
  /// @notice Who organises which event.
  EventBook public immutable EVENTS;

  mapping(uint256 eventId => string) private _artworks;

  /// @notice An event's tickets show pictures of this folder from now on, none if it is empty.
  /// @param eventId The event.
  /// @param folder Its address, as `ipfs://` or `ar://`.
  event ArtworkSet(uint256 indexed eventId, string folder);

  /// @notice Starts with the plain picture for every event.
  /// @param events Who organises which event.
  constructor(EventBook events) {
    EVENTS = events;
  }

  /// @notice Chooses the pictures of an event's tickets, before the first of them is minted.
  /// @param eventId The event.
  /// @param folder Content-addressed, with the pictures `valid`, `used` and `void` in it, the last
  /// one for tickets of a cancelled event as well; empty for the plain picture.
  function setArtwork(uint256 eventId, string calldata folder) external {
    EventView memory terms = EVENTS.eventOf(eventId);
    if (msg.sender != terms.organiser && !EVENTS.hasRole(EVENTS.ORGANISER_ROLE(), msg.sender)) {
      revert RendererNotOrganiser(msg.sender, eventId);
    }
    if (terms.saleStarted) revert RendererSaleStarted(eventId);
    ContentFolder.requireSafe(folder);
    _artworks[eventId] = folder;
    emit ArtworkSet(eventId, folder);
  }

  /// @notice The folder of an event's pictures.
  /// @param eventId The event.
  /// @return Its address; empty for the plain picture.
  function artworkOf(uint256 eventId) external view returns (string memory) {
    return _artworks[eventId];
  }

  /// @notice What wallets show of a ticket (ERC-721).
  /// @param id The ticket.
  /// @param ticket Its state.
  /// @return JSON in a data URI, with an SVG in it or the address of the picture.
  function tokenURI(uint256 id, TicketView calldata ticket) external view returns (string memory) {
    uint256 eventId = TicketId.eventOf(id);
    bool cancelled = EVENTS.eventOf(eventId).cancelled;
    return TicketJson.uri(id, TicketJson.stateOf(ticket.flags, cancelled), _artworks[eventId]);
  }

  /// @notice What wallets show of the collection (ERC-7572).
  /// @return JSON in a data URI.
  function contractURI() external pure returns (string memory) {
    bytes memory json =
      '{"name":"Stagedoor Tickets","symbol":"STAGE",'
      '"description":"Every ticket is a seat. Its holder alone can move it."}';
    return string.concat("data:application/json;base64,", Base64.encode(json));
  }
}
