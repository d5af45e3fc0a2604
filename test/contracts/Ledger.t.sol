// Does random ERC-721 work on the ledger and on OpenZeppelin's ERC721 and compares every answer.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {TicketMint} from "../../contracts/TicketMint.sol";
import {Tickets} from "../../contracts/Tickets.sol";
import {Policy} from "../../contracts/libraries/EventHead.sol";
import {OpenZeppelinTickets} from "./mocks/OpenZeppelinTickets.sol";
import {ACTORS, actorAt, deployTickets, termsOf} from "./mocks/TicketsSetup.sol";
import {VM} from "./mocks/Vm.sol";

/// @notice Under policy OPEN and before the freeze the ledger is a plain ERC-721.
contract LedgerHandler {
  uint256 public constant SEATS = 12;
  uint256 private constant EVENT = 7;

  OpenZeppelinTickets public immutable OPEN_ZEPPELIN = new OpenZeppelinTickets();
  Tickets public immutable TICKETS = deployTickets(address(this));
  uint256 public mints;
  uint256 public moves;

  constructor() {
    uint40 doorsAt = uint40(block.timestamp + 30 days);
    TICKETS.createEvent(EVENT, termsOf(Policy.OPEN, 0, doorsAt));
  }

  function idOf(uint256 seat) public pure returns (uint256) {
    return (EVENT << 40) | (1 << 24) | (1 << 12) | (seat % SEATS);
  }

  function mint(uint256 seat, uint256 count, uint256 to) external {
    seat %= SEATS;
    count = 1 + (count % 4);
    if (seat + count > SEATS) count = SEATS - seat;
    bool free = true;
    for (uint256 i; i < count; ++i)
      free = free && ownerIn(address(OPEN_ZEPPELIN), seat + i) == address(0);
    bytes memory runs = abi.encodePacked(actorAt(to), uint40(idOf(seat)), uint8(count));
    (bool ok, ) = address(TICKETS).call(abi.encodeCall(TicketMint.mintRuns, (EVENT, 0, 1, runs)));
    assert(ok == free);
    if (!ok) return;
    ++mints;
    for (uint256 i; i < count; ++i) OPEN_ZEPPELIN.mint(actorAt(to), idOf(seat + i));
  }

  /// @dev Mostly by the holder or somebody it approved, so that enough calls succeed.
  function transfer(uint256 by, uint256 from, uint256 to, uint256 seat) external {
    address holder = holderOr(seat, from);
    address sender = from % 4 == 0 ? actorAt(from) : holder;
    address receiver = to % 16 == 0 ? address(0) : actorAt(to);
    bytes memory data = abi.encodeCall(IERC721.transferFrom, (sender, receiver, idOf(seat)));
    if (same(callerFor(by, holder), data)) ++moves;
  }

  function safeTransfer(uint256 by, uint256 to, uint256 seat) external {
    address holder = holderOr(seat, to);
    bytes memory data = abi.encodeWithSignature(
      "safeTransferFrom(address,address,uint256,bytes)",
      holder,
      to % 8 == 0 ? address(this) : actorAt(to),
      idOf(seat),
      "memo"
    );
    if (same(callerFor(by, holder), data)) ++moves;
  }

  function approve(uint256 by, uint256 to, uint256 seat) external {
    address approved = to % 5 == 4 ? address(0) : actorAt(to);
    same(
      callerFor(by, holderOr(seat, by)),
      abi.encodeCall(IERC721.approve, (approved, idOf(seat)))
    );
  }

  function approveAll(uint256 by, uint256 to, bool approved) external {
    address operator = to % 9 == 8 ? address(0) : actorAt(to);
    same(actorAt(by), abi.encodeCall(IERC721.setApprovalForAll, (operator, approved)));
  }

  function ownerIn(address collection, uint256 seat) public view returns (address) {
    (bool ok, bytes memory answer) = collection.staticcall(
      abi.encodeCall(IERC721.ownerOf, (idOf(seat)))
    );
    return ok ? abi.decode(answer, (address)) : address(0);
  }

  function callerFor(uint256 by, address holder) private pure returns (address) {
    return by % 3 == 0 ? actorAt(by) : holder;
  }

  function holderOr(uint256 seat, uint256 index) private view returns (address holder) {
    holder = ownerIn(address(OPEN_ZEPPELIN), seat);
    if (holder == address(0)) holder = actorAt(index);
  }

  /// @dev The same success, and the same error to the byte.
  function same(address caller, bytes memory data) private returns (bool ok) {
    VM.prank(caller);
    bytes memory expected;
    (ok, expected) = address(OPEN_ZEPPELIN).call(data);
    VM.prank(caller);
    (bool okHere, bytes memory answer) = address(TICKETS).call(data);
    assert(okHere == ok);
    assert(keccak256(answer) == keccak256(expected));
  }
}

contract LedgerTest {
  LedgerHandler private handler;

  function setUp() public {
    handler = new LedgerHandler();
  }

  function targetContracts() public view returns (address[] memory targets) {
    targets = new address[](1);
    targets[0] = address(handler);
  }

  function invariant_sameLedger() public view {
    IERC721 openZeppelin = handler.OPEN_ZEPPELIN();
    IERC721 tickets = handler.TICKETS();
    for (uint256 seat; seat < handler.SEATS(); ++seat) {
      address owner = handler.ownerIn(address(openZeppelin), seat);
      assert(handler.ownerIn(address(tickets), seat) == owner);
      if (owner == address(0)) continue;
      uint256 id = handler.idOf(seat);
      assert(openZeppelin.getApproved(id) == tickets.getApproved(id));
    }
    for (uint256 i; i < ACTORS; ++i) {
      address actor = actorAt(i);
      assert(openZeppelin.balanceOf(actor) == tickets.balanceOf(actor));
      for (uint256 k; k < ACTORS; ++k) {
        address operator = actorAt(k);
        bool approved = openZeppelin.isApprovedForAll(actor, operator);
        assert(tickets.isApprovedForAll(actor, operator) == approved);
      }
    }
  }

  /// @dev The comparison means something only if the handler's calls do something.
  function test_handler_mintsAndMoves() public {
    handler.mint(0, 1, 0);
    handler.transfer(1, 1, 1, 0);
    handler.safeTransfer(1, 2, 1);
    assert(handler.mints() == 1 && handler.moves() == 2);
  }
}
