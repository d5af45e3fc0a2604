// Throws random bytes at everything that moves tickets or money on somebody's signature.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BoxOffice} from "../../contracts/BoxOffice.sol";
import {Resale} from "../../contracts/Resale.sol";
import {Splits} from "../../contracts/Splits.sol";
import {TicketGate} from "../../contracts/TicketGate.sol";
import {TicketSale} from "../../contracts/TicketSale.sol";
import {Tickets} from "../../contracts/Tickets.sol";
import {Ask} from "../../contracts/libraries/Ask.sol";
import {Policy} from "../../contracts/libraries/EventHead.sol";
import {Voucher} from "../../contracts/libraries/Voucher.sol";
import {actorAt, deployTickets, termsOf} from "./mocks/TicketsSetup.sol";

contract ConsentTest {
  uint256 private constant EVENT = 7;
  uint256 private constant ID = (EVENT << 40) | (1 << 24) | (1 << 12) | 1;

  Tickets private tickets;
  Resale private resale;
  BoxOffice private office;

  function setUp() public {
    tickets = deployTickets(address(this));
    resale = new Resale(tickets, new Splits(tickets));
    office = new BoxOffice(tickets);
    tickets.createEvent(EVENT, termsOf(Policy.OPEN, 0, uint40(block.timestamp + 30 days)));
    tickets.setMarket(EVENT, address(this), true);
    tickets.mintRuns(EVENT, 0, 5, abi.encodePacked(actorAt(0), uint40(ID), uint8(1)));
  }

  function testFuzz_settle_refusesRandomSignatures(
    address feeTo,
    uint40 deadline,
    bytes calldata signature
  ) public {
    Ask memory ask = Ask(ID, address(this), address(0), 0, 0, deadline, 0, feeTo, address(0));
    bytes memory call = abi.encodeCall(TicketSale.settle, (ask, address(this), signature));
    (bool ok, ) = address(tickets).call(call);
    assert(!ok && tickets.ownerOf(ID) == actorAt(0));
  }

  function testFuzz_permit_refusesRandomSignatures(bytes calldata signature) public {
    bytes memory call = abi.encodeCall(
      TicketSale.permit,
      (address(this), ID, type(uint256).max, signature)
    );
    (bool ok, ) = address(tickets).call(call);
    assert(!ok && tickets.getApproved(ID) == address(0));
  }

  function testFuzz_voucher_refusesRandomSignatures(
    Voucher calldata voucher,
    address signer,
    bytes calldata signature
  ) public {
    (bool ok, ) = address(office).call(abi.encodeCall(BoxOffice.buy, (voucher, signer, signature)));
    assert(!ok);
  }

  /// @dev Any bytes get an answer, and never yes.
  function testFuzz_isAdmissible_answersNo(bytes calldata pass) public view {
    (bool ok, bytes memory answer) = address(tickets).staticcall(
      abi.encodeCall(TicketGate.isAdmissible, (pass))
    );
    assert(ok && !abi.decode(answer, (bool)));
  }

  /// @dev As above, for bytes that look like a pass as far as they can without a signature.
  function testFuzz_isAdmissible_answersNoToLookalikes(bytes32[5] calldata noise) public view {
    bytes memory head = abi.encodePacked(uint8(1), uint64(ID), uint16(0), type(uint32).max);
    uint16 step = uint16(block.timestamp / 15);
    bytes memory body = abi.encodePacked(noise, bytes2(noise[0]));
    bytes memory pass = abi.encodePacked(head, step, uint8(2), body, bytes1(0));
    if (pass.length > 179) {
      assembly {
        mstore(pass, 179)
      }
    }
    assert(!tickets.isAdmissible(pass));
  }

  /// @dev Whatever the method and its arguments: a stranger's call leaves ticket and event alone.
  function testFuzz_strangersCalls_changeNothing(uint256 which, bytes calldata arguments) public {
    address target = [address(tickets), address(resale), address(office)][which % 3];
    bytes4[8] memory methods = [
      bytes4(keccak256("transferFrom(address,address,uint256)")),
      bytes4(keccak256("mintFunded(uint256,uint8,uint48,bytes)")),
      bytes4(keccak256("takeRefund(uint256)")),
      bytes4(keccak256("giveBack(uint256)")),
      bytes4(keccak256("cancel(uint256)")),
      bytes4(keccak256("distribute(uint256,address,(uint256,address[],uint16[]))")),
      bytes4(keccak256("refund(uint256[])")),
      bytes4(arguments)
    ];
    Stranger stranger = new Stranger();
    stranger.act(target, abi.encodePacked(methods[(which >> 8) % 8], arguments));
    assert(tickets.ownerOf(ID) == actorAt(0) && tickets.ticketOf(ID).flags == 32);
    assert(tickets.nonce(ID) == 0 && !tickets.eventOf(EVENT).cancelled);
  }
}

contract Stranger {
  function act(address target, bytes calldata data) external returns (bool ok) {
    (ok, ) = target.call(data);
  }
}
