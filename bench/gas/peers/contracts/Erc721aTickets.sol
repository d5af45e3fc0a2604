// Tickets on ERC721A, with running numbers as its authors mean it, and with seats as ids.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {ERC721A} from "erc721a/contracts/ERC721A.sol";
import {OnlyMinter} from "./OnlyMinter.sol";
import {SignedAsks} from "./SignedAsks.sol";

contract Erc721aTickets is ERC721A("Tickets", "TIX"), OnlyMinter, SignedAsks {
  using BitMaps for BitMaps.BitMap;

  error AlreadyUsed(uint256 id);

  event CheckedIn(uint256 indexed id);

  BitMaps.BitMap private _used;

  function mintNumbers(address[] calldata to, uint256[] calldata counts) external onlyMinter {
    for (uint256 i; i < to.length; ++i) _mint(to[i], counts[i]);
  }

  function mintSeats(address[] calldata to, uint256[] calldata ids) external onlyMinter {
    for (uint256 i; i < ids.length; ++i) _mintSpot(to[i], ids[i]);
  }

  function checkIn(uint256[] calldata ids) external onlyMinter {
    for (uint256 i; i < ids.length; ++i) {
      uint256 id = ids[i];
      if (!_exists(id)) revert OwnerQueryForNonexistentToken();
      if (_used.get(id)) revert AlreadyUsed(id);
      _used.set(id);
      emit CheckedIn(id);
    }
  }

  function _startTokenId() internal pure override returns (uint256) {
    return 1;
  }

  /// @dev Higher ids are seats.
  function _sequentialUpTo() internal pure override returns (uint256) {
    return 1_000_000;
  }

  function _holderOf(uint256 id) internal view override returns (address) {
    return ownerOf(id);
  }

  /// @dev ERC721A moves a ticket only for somebody who is approved.
  function _hand(address from, address to, uint256 id) internal override {
    _approve(msg.sender, id, false);
    transferFrom(from, to, id);
  }
}
