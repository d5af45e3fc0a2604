// Tickets on Solady's ERC721; a ticket's id is its seat.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC721} from "solady/src/tokens/ERC721.sol";
import {LibBitmap} from "solady/src/utils/LibBitmap.sol";
import {OnlyMinter} from "./OnlyMinter.sol";
import {SignedAsks} from "./SignedAsks.sol";

contract SoladyTickets is ERC721, OnlyMinter, SignedAsks {
  using LibBitmap for LibBitmap.Bitmap;

  error AlreadyUsed(uint256 id);

  event CheckedIn(uint256 indexed id);

  LibBitmap.Bitmap private _used;

  function mint(address[] calldata to, uint256[] calldata ids) external onlyMinter {
    for (uint256 i; i < ids.length; ++i) _mint(to[i], ids[i]);
  }

  function checkIn(uint256[] calldata ids) external onlyMinter {
    for (uint256 i; i < ids.length; ++i) {
      uint256 id = ids[i];
      if (!_exists(id)) revert TokenDoesNotExist();
      if (_used.get(id)) revert AlreadyUsed(id);
      _used.set(id);
      emit CheckedIn(id);
    }
  }

  function name() public pure override returns (string memory) {
    return "Tickets";
  }

  function symbol() public pure override returns (string memory) {
    return "TIX";
  }

  function tokenURI(uint256) public pure override returns (string memory) {
    return "";
  }

  function _holderOf(uint256 id) internal view override returns (address) {
    return ownerOf(id);
  }

  function _hand(address from, address to, uint256 id) internal override {
    _transfer(address(0), from, to, id);
  }
}
