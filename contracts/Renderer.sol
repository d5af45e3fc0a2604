// Draws the tickets and the collection for wallets, with nothing to host.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {TicketJson} from "./libraries/TicketJson.sol";
import {TicketView} from "./libraries/TicketWord.sol";

/// @title Renderer
/// @notice Has no authority over tickets: the tickets contract hands it what it draws, and the
/// admin can name another one at any time.
contract Renderer {
  /// @notice What wallets show of a ticket (ERC-721).
  /// @param id The ticket.
  /// @param ticket Its state.
  /// @return JSON with an SVG, in a data URI.
  function tokenURI(uint256 id, TicketView calldata ticket) external pure returns (string memory) {
    return TicketJson.uri(id, ticket.flags);
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
