// Accepts the addresses of folders whose content can't be swapped, and nothing that breaks JSON.
// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The address is too long, of another scheme, or holds something else than letters, digits
/// and `-._/`.
/// @param folder The address.
error RendererFolderUnsafe(string folder);

/// @title Content folder
/// @notice An address at a web server would leave the picture in that server's hands.
library ContentFolder {
  /// @dev A CID of either version with a path, or an Arweave id, fits with room to spare.
  uint256 internal constant LENGTH_MAX = 100;

  /// @dev Refuses what is not content-addressed; the empty string stands for no folder.
  function requireSafe(string calldata folder) internal pure {
    bytes calldata text = bytes(folder);
    if (text.length == 0) return;
    uint256 start =
      _startsWith(text, "ipfs://")
        ? 7
        : _startsWith(text, "ar://")
          ? 5
          : 0;
    if (start == 0 || text.length == start || text.length > LENGTH_MAX) {
      revert RendererFolderUnsafe(folder);
    }
    for (uint256 i = start; i < text.length; ++i) {
      if (!_isPlain(text[i])) revert RendererFolderUnsafe(folder);
    }
  }

  function _startsWith(bytes calldata text, bytes memory scheme) private pure returns (bool) {
    return text.length >= scheme.length && keccak256(text[:scheme.length]) == keccak256(scheme);
  }

  function _isPlain(bytes1 letter) private pure returns (bool) {
    if (letter >= "a" && letter <= "z") return true;
    if (letter >= "A" && letter <= "Z") return true;
    // the digits follow "-", "." and "/"
    return (letter >= "-" && letter <= "9") || letter == "_";
  }
}
