// Gives one account one role at random, and lets it try everything that any role may do.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EventBook} from "../../contracts/EventBook.sol";
import {Renderer} from "../../contracts/Renderer.sol";
import {TicketGate} from "../../contracts/TicketGate.sol";
import {TicketMint} from "../../contracts/TicketMint.sol";
import {Tickets} from "../../contracts/Tickets.sol";
import {TwoStepAdmin} from "../../contracts/TwoStepAdmin.sol";
import {Policy} from "../../contracts/libraries/EventHead.sol";
import {actorAt, deployTickets, termsOf} from "./mocks/TicketsSetup.sol";
import {VM} from "./mocks/Vm.sol";

contract RolesTest {
  uint256 private constant EVENT = 7;
  uint256 private constant ID = (EVENT << 40) | (1 << 24) | (1 << 12) | 1;
  uint256 private constant DUTIES = 12;
  address private constant KEY = address(0x5E7);

  Tickets private tickets;
  bytes[DUTIES] private calls;
  /// @dev By call, the roles that may make it, as bits in the order of `roleAt`.
  uint256[DUTIES] private allowed;

  function setUp() public {
    tickets = deployTickets(address(this));
    tickets.grantRole(tickets.GUARDIAN_ROLE(), address(this));
    uint40 doorsAt = uint40(block.timestamp + 4 hours);
    tickets.createEvent(EVENT, termsOf(Policy.OPEN, 0, doorsAt));
    tickets.mintRuns(EVENT, 0, 5, abi.encodePacked(actorAt(0), uint40(ID), uint8(1)));
    uint256[] memory ids = new uint256[](1);
    ids[0] = ID;
    bytes memory runs = abi.encodePacked(actorAt(1), uint40(ID + 1), uint8(1));
    (calls[0], allowed[0]) = (abi.encodeCall(TicketMint.mintRuns, (EVENT, 0, 5, runs)), 1);
    (calls[1], allowed[1]) = (abi.encodeCall(TicketGate.checkIn, (ID)), 2);
    (calls[2], allowed[2]) = (abi.encodeCall(TicketGate.checkInMany, (ids)), 2);
    (calls[3], allowed[3]) = (abi.encodeCall(TicketGate.void, (ids)), 4);
    (calls[4], allowed[4]) = (
      abi.encodeCall(EventBook.createEvent, (8, termsOf(Policy.OPEN, 0, doorsAt))),
      8
    );
    (calls[5], allowed[5]) = (abi.encodeCall(EventBook.reschedule, (EVENT, doorsAt + 1)), 8);
    (calls[6], allowed[6]) = (abi.encodeCall(EventBook.releaseUnits, (EVENT, 1, 1)), 8);
    (calls[7], allowed[7]) = (abi.encodeCall(EventBook.cancelEvent, (EVENT)), 8 | 16);
    (calls[8], allowed[8]) = (abi.encodeCall(EventBook.pause, (EVENT, 7)), 16);
    (calls[9], allowed[9]) = (abi.encodeCall(EventBook.unpause, (EVENT)), 0);
    (calls[10], allowed[10]) = (abi.encodeCall(TicketMint.setMintLimit, (roleAt(0), 1, 1)), 0);
    (calls[11], allowed[11]) = (abi.encodeCall(Tickets.setRenderer, (Renderer(KEY))), 0);
  }

  /// @dev Invariant 21: a role does its duty and nothing else, with arguments that would pass.
  function testFuzz_role_doesItsDutyOnly(uint256 role, uint256 duty) public {
    role %= 7;
    duty %= DUTIES;
    if (role < 6) tickets.grantRole(roleAt(role), KEY);
    VM.prank(KEY);
    (bool ok, ) = address(tickets).call(calls[duty]);
    assert(ok == (role < 6 && allowed[duty] & (1 << role) != 0));
    assert(tickets.ownerOf(ID) == actorAt(0));
  }

  /// @dev The table means something only if each call passes for somebody.
  function test_admin_hasEveryDutyOfItsOwn() public {
    for (uint256 duty = 9; duty < DUTIES; ++duty) {
      (bool ok, ) = address(tickets).call(calls[duty]);
      assert(ok);
    }
    (bool offered, ) = address(tickets).call(abi.encodeCall(TwoStepAdmin.offerAdmin, (KEY)));
    assert(offered && tickets.defaultAdmin() == address(this));
  }

  /// @dev Whatever roles an account has, it grants none.
  function testFuzz_role_grantsNone(uint256 role, uint256 other) public {
    tickets.grantRole(roleAt(role % 6), KEY);
    bytes memory call = abi.encodeCall(tickets.grantRole, (roleAt(other % 6), address(1)));
    VM.prank(KEY);
    (bool ok, ) = address(tickets).call(call);
    assert(!ok);
  }

  function roleAt(uint256 role) private view returns (bytes32) {
    if (role == 0) return tickets.MINTER_ROLE();
    if (role == 1) return tickets.GATE_ROLE();
    if (role == 2) return tickets.REFUNDER_ROLE();
    if (role == 3) return tickets.ORGANISER_ROLE();
    return role == 4 ? tickets.GUARDIAN_ROLE() : tickets.VOUCHER_ROLE();
  }
}
