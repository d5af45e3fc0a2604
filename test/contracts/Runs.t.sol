// Mints whatever bytes it is given as runs, and reads them a second time by itself.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TicketMint} from "../../contracts/TicketMint.sol";
import {Tickets} from "../../contracts/Tickets.sol";
import {Policy} from "../../contracts/libraries/EventHead.sol";
import {CAP, actorAt, deployTickets, termsOf} from "./mocks/TicketsSetup.sol";
import {VM} from "./mocks/Vm.sol";

contract RunsTest {
  uint256 private constant EVENT = 7;

  Tickets private tickets;

  function setUp() public {
    tickets = deployTickets(address(this));
    tickets.createEvent(EVENT, termsOf(Policy.OPEN, 0, uint40(block.timestamp + 30 days)));
  }

  /// @dev Invariant 26: any bytes revert, or mint exactly what their records say.
  function testFuzz_bytes_mintWhatTheySayOrNothing(bytes calldata runs) public {
    _mintAndRead(runs);
  }

  /// @dev As above, for bytes that are records but for one byte or a few too many.
  function testFuzz_records_mintWhatTheySayOrNothing(
    uint256[3] calldata seeds,
    uint256 at,
    uint8 noise,
    uint8 extra
  ) public {
    bytes memory runs;
    for (uint256 i; i < 1 + (at % 3); ++i) {
      uint256 seed = seeds[i];
      uint256 seat = seed % 8 == 0 ? 4_095 - (seed % 3) : (seed >> 8) % 64;
      uint40 key = uint40((uint256(1 + i) << 12) | seat | (1 << 24));
      if (seed % 16 == 1) key |= 1 << 36;
      uint8 count = uint8(seed % 32 == 2 ? 0 : 1 + ((seed >> 16) % 4));
      runs = bytes.concat(runs, abi.encodePacked(actorAt(seed >> 24), key, count));
    }
    if (noise % 4 == 0) runs[at % runs.length] = bytes1(noise);
    if (extra % 8 == 0) runs = bytes.concat(runs, new bytes(extra % 26));
    _mintAndRead(runs);
  }

  /// @dev Invariant 5: the same bytes a second time change nothing.
  function testFuzz_records_mintOnce(uint16 seat, uint8 count) public {
    seat %= 4_000;
    count = 1 + (count % 90);
    bytes memory runs = abi.encodePacked(actorAt(seat), uint40((1 << 24) | seat), count);
    assert(_mint(runs) && !_mint(runs));
    assert(tickets.balanceOf(actorAt(seat)) == count);
  }

  function _mintAndRead(bytes memory runs) private {
    uint256 records = runs.length / 26;
    bool ok = _mint(runs);
    if (runs.length == 0 || runs.length % 26 != 0) assert(!ok);
    if (!ok) {
      (, uint256 none) = tickets.classOf(EVENT, 0);
      assert(none == 0);
      return;
    }
    uint256 sum;
    for (uint256 i; i < records; ++i) {
      (address to, uint256 key, uint256 count) = _read(runs, i);
      assert(to != address(0) && count != 0 && (key & 4_095) + count <= 4_096);
      sum += count;
      for (uint256 n; n < count; ++n) assert(tickets.ownerOf((EVENT << 40) + key + n) == to);
    }
    (, uint256 minted) = tickets.classOf(EVENT, 0);
    assert(minted == sum && sum <= CAP);
  }

  function _mint(bytes memory runs) private returns (bool ok) {
    bytes memory call = abi.encodeCall(TicketMint.mintRuns, (EVENT, 0, 1, runs));
    (ok, ) = address(tickets).call(call);
  }

  /// @dev Byte by byte, unlike the contract.
  function _read(
    bytes memory runs,
    uint256 record
  ) private pure returns (address to, uint256 key, uint256 count) {
    uint256 owner;
    uint256 start = record * 26;
    for (uint256 i; i < 20; ++i) owner = (owner << 8) | uint8(runs[start + i]);
    for (uint256 i = 20; i < 25; ++i) key = (key << 8) | uint8(runs[start + i]);
    return (address(uint160(owner)), key, uint8(runs[start + 25]));
  }
}

/// @dev A chain that forks has another id, and signatures of the one say nothing on the other.
contract DomainTest {
  function testFuzz_domain_isOfThisChain(uint64 chainId) public {
    Tickets tickets = deployTickets(address(this));
    bytes32 here = tickets.DOMAIN_SEPARATOR();
    if (chainId == 0 || chainId == block.chainid) return;
    VM.chainId(chainId);
    bytes32 there = tickets.DOMAIN_SEPARATOR();
    assert(there != here);
    bytes32 type_ = keccak256(
      "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 name = keccak256("Stagedoor Tickets");
    bytes memory domain = abi.encode(type_, name, keccak256("1"), chainId, address(tickets));
    assert(there == keccak256(domain));
  }
}
