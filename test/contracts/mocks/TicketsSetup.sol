// Deploys the contract for the Solidity tests, which hold all of its keys.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Tickets} from "../../../contracts/Tickets.sol";
import {Policy} from "../../../contracts/libraries/EventHead.sol";
import {EventTerms} from "../../../contracts/libraries/EventRecord.sol";

uint256 constant CAP = 1_000;
uint256 constant ACTORS = 4;

function deployTickets(address keyHolder) returns (Tickets tickets) {
  tickets = new Tickets(keyHolder);
  tickets.grantRole(tickets.MINTER_ROLE(), keyHolder);
  tickets.grantRole(tickets.GATE_ROLE(), keyHolder);
  tickets.grantRole(tickets.ORGANISER_ROLE(), keyHolder);
  tickets.grantRole(tickets.REFUNDER_ROLE(), keyHolder);
}

function termsOf(Policy policy, uint8 maxGifts, uint40 doorsAt) pure returns (EventTerms memory) {
  uint24 cap = uint24(CAP);
  return
    EventTerms({
      organiser: address(0xBEEF),
      doorsAt: doorsAt,
      freezeAt: 0,
      policy: policy,
      maxGifts: maxGifts,
      resaleCapBps: 11_000,
      royaltyBps: 1_000,
      royaltyReceiver: address(0xCAFE),
      planHash: keccak256("plan"),
      caps: [cap, cap, cap, cap, cap],
      currency: address(0),
      boxOffice: address(0),
      feeCapBps: 500,
      lockMinutes: 0,
      cooldownMinutes: 0
    });
}

/// @dev Never 0: nobody can send from it.
function actorAt(uint256 index) pure returns (address) {
  return address(uint160(0xA11CE000 + (index % ACTORS)));
}
