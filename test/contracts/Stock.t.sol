// Mints and releases small classes at random by both keys, and counts every unit.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EventBook} from "../../contracts/EventBook.sol";
import {TicketMint} from "../../contracts/TicketMint.sol";
import {Tickets} from "../../contracts/Tickets.sol";
import {Policy} from "../../contracts/libraries/EventHead.sol";
import {EventTerms} from "../../contracts/libraries/EventRecord.sol";
import {actorAt, deployTickets, termsOf} from "./mocks/TicketsSetup.sol";

/// @notice Minter and box office alike mint runs of up to four seats, of classes of nine units.
contract StockHandler {
  uint256 private constant EVENTS = 2;
  uint256 private constant CLASSES = 5;
  uint24 private constant CAP = 9;

  Tickets public immutable TICKETS = deployTickets(address(this));
  uint256[CLASSES][EVENTS] private _caps;
  uint256[CLASSES][EVENTS] private _minted;
  uint256[EVENTS] private _nextSeat;
  uint256 public mints;
  uint256 public refusals;

  constructor() {
    for (uint256 i; i < EVENTS; ++i) {
      EventTerms memory terms = termsOf(Policy.OPEN, 0, uint40(block.timestamp + 30 days));
      terms.caps = [CAP, CAP, CAP, CAP, CAP];
      terms.boxOffice = address(this);
      TICKETS.createEvent(1 + i, terms);
      for (uint256 class; class < CLASSES; ++class) _caps[i][class] = CAP;
    }
  }

  function mint(uint256 eventId, uint256 class, uint256 count, bool isFunded) external {
    eventId %= EVENTS;
    class %= CLASSES;
    count = 1 + (count % 4);
    uint256 seat = _nextSeat[eventId];
    bytes memory runs = abi.encodePacked(
      actorAt(count),
      uint40((1 << 24) | (1 << 12) | seat),
      uint8(count)
    );
    bytes memory call = abi.encodeCall(TicketMint.mintRuns, (1 + eventId, uint8(class), 1, runs));
    if (isFunded) {
      call = abi.encodeCall(TicketMint.mintFunded, (1 + eventId, uint8(class), 1, runs));
    }
    (bool ok, ) = address(TICKETS).call(call);
    assert(ok == (_minted[eventId][class] + count <= _caps[eventId][class]));
    if (!ok) {
      ++refusals;
      return;
    }
    ++mints;
    _minted[eventId][class] += count;
    _nextSeat[eventId] += count;
  }

  function release(uint256 eventId, uint256 class, uint24 units) external {
    eventId %= EVENTS;
    class %= CLASSES;
    units %= CAP;
    bytes memory call = abi.encodeCall(EventBook.releaseUnits, (1 + eventId, uint8(class), units));
    (bool ok, ) = address(TICKETS).call(call);
    uint256 free = _caps[eventId][class] - _minted[eventId][class];
    assert(ok == (class != 0 && units <= free));
    if (!ok) return;
    _caps[eventId][class] -= units;
    _caps[eventId][0] += units;
  }

  /// @dev No class has more tickets than units, and no unit is made or lost.
  function check() external view {
    for (uint256 i; i < EVENTS; ++i) {
      uint256 sum;
      uint256 all;
      for (uint256 class; class < CLASSES; ++class) {
        (uint256 cap, uint256 minted) = TICKETS.classOf(1 + i, uint8(class));
        assert(cap == _caps[i][class] && minted == _minted[i][class] && minted <= cap);
        sum += cap;
        all += minted;
      }
      assert(sum == CLASSES * CAP && all == _nextSeat[i]);
    }
    uint256 held;
    for (uint256 i; i < 4; ++i) held += TICKETS.balanceOf(actorAt(i));
    assert(held == _nextSeat[0] + _nextSeat[1]);
  }
}

contract StockTest {
  StockHandler private handler;

  function setUp() public {
    handler = new StockHandler();
  }

  function targetContracts() public view returns (address[] memory targets) {
    targets = new address[](1);
    targets[0] = address(handler);
  }

  function invariant_noClassSellsMoreThanItHas() public view {
    handler.check();
  }

  /// @dev The counting means something only if classes run out.
  function test_handler_fillsAClass() public {
    handler.release(0, 1, 4);
    for (uint256 i; i < 4; ++i) handler.mint(0, 0, 3, i % 2 == 0);
    assert(handler.mints() == 3 && handler.refusals() == 1);
    handler.mint(0, 0, 0, false);
    handler.check();
    assert(handler.mints() == 4);
  }
}
