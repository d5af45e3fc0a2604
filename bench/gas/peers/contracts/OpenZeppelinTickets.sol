// Tickets on OpenZeppelin's ERC721, plain and enumerable; a ticket's id is its seat.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
// prettier-ignore
import {
  ERC721Enumerable
} from "@openzeppelin/contracts/token/ERC721/extensions/ERC721Enumerable.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {OnlyMinter} from "./OnlyMinter.sol";
import {SignedAsks} from "./SignedAsks.sol";

abstract contract OpenZeppelinBase is ERC721("Tickets", "TIX"), OnlyMinter, SignedAsks {
  using BitMaps for BitMaps.BitMap;

  error AlreadyUsed(uint256 id);

  event CheckedIn(uint256 indexed id);

  BitMaps.BitMap private _used;

  function mint(address[] calldata to, uint256[] calldata ids) external onlyMinter {
    for (uint256 i; i < ids.length; ++i) _mint(to[i], ids[i]);
  }

  function checkIn(uint256[] calldata ids) external onlyMinter {
    for (uint256 i; i < ids.length; ++i) {
      uint256 id = ids[i];
      _requireOwned(id);
      if (_used.get(id)) revert AlreadyUsed(id);
      _used.set(id);
      emit CheckedIn(id);
    }
  }

  function _holderOf(uint256 id) internal view override returns (address) {
    return _requireOwned(id);
  }

  function _hand(address from, address to, uint256 id) internal override {
    _transfer(from, to, id);
  }
}

contract OpenZeppelinTickets is OpenZeppelinBase {}

contract OpenZeppelinEnumerableTickets is OpenZeppelinBase, ERC721Enumerable {
  function supportsInterface(
    bytes4 interfaceId
  ) public view override(ERC721, ERC721Enumerable) returns (bool) {
    return super.supportsInterface(interfaceId);
  }

  function _update(
    address to,
    uint256 id,
    address auth
  ) internal override(ERC721, ERC721Enumerable) returns (address) {
    return super._update(to, id, auth);
  }

  function _increaseBalance(
    address account,
    uint128 amount
  ) internal override(ERC721, ERC721Enumerable) {
    super._increaseBalance(account, amount);
  }
}
