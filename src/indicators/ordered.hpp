// The last n values, kept in order of size: how far they are, in sum, from any level, and how many are below it, at a
// cost of log n.
//
// A treap: a search tree by value that is a heap by a number drawn for each place in the ring, so it stays about
// 2 log2(n) deep whatever the prices do. Nodes are the ring's places, all memory is fixed at construction. Each node
// holds the sum of its subtree, of values measured from a reference of about one window ago (window.hpp says why).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "indicators/window.hpp"

namespace stom {

class OrderedWindow {
 public:
  explicit OrderedWindow(int n) : nodes_(window_size(n) + 1) {
    std::uint64_t state = 0;
    for (std::size_t i = 1; i < nodes_.size(); ++i) {  // splitmix64
      std::uint64_t z = state += 0x9E3779B97F4A7C15u;
      z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
      z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
      nodes_[i].rank = z ^ (z >> 31);
    }
  }

  void update(double x) {
    if (full_) root_ = without(root_, next_);
    Node& node = nodes_[next_];
    node.value = x == x ? x : std::numeric_limits<double>::infinity();  // what is no number has no place in the order
    node.left = node.right = kNone;
    pull(next_);
    root_ = with(root_, next_);
    if (++next_ == nodes_.size()) {
      next_ = 1;
      full_ = true;
      reference_ = x;
      sum_again(root_);
    }
  }
  bool full() const { return full_; }
  /// The sum of |value - level| over the window.
  double distance_from(double level) const {
    double below = 0;
    double count_below = 0;
    for (Index at = root_; at != kNone;) {
      const Node& node = nodes_[at];
      if (node.value < level) {
        below += nodes_[node.left].sum + (node.value - reference_);
        count_below += static_cast<double>(nodes_[node.left].count + 1);
        at = node.right;
      } else {
        at = node.left;
      }
    }
    const double from_reference = level - reference_;
    const double count_above = static_cast<double>(nodes_[root_].count) - count_below;
    return (from_reference * count_below - below) + ((nodes_[root_].sum - below) - from_reference * count_above);
  }
  /// How many of the window's values are less than the level.
  std::size_t count_below(double level) const {
    std::size_t below = 0;
    for (Index at = root_; at != kNone;) {
      const Node& node = nodes_[at];
      if (node.value < level) {
        below += nodes_[node.left].count + 1;
        at = node.right;
      } else {
        at = node.left;
      }
    }
    return below;
  }

 private:
  using Index = std::size_t;
  static constexpr Index kNone = 0;  // nodes_[0] is the empty tree

  struct Node {
    double value = 0;
    double sum = 0;  // of value - reference_ here and below
    std::uint64_t rank = 0;
    std::size_t count = 0;  // here and below
    Index left = kNone;
    Index right = kNone;
  };

  bool before(Index a, Index b) const {
    return nodes_[a].value < nodes_[b].value || (nodes_[a].value == nodes_[b].value && a < b);
  }
  void pull(Index at) {
    Node& node = nodes_[at];
    node.count = nodes_[node.left].count + nodes_[node.right].count + 1;
    node.sum = nodes_[node.left].sum + nodes_[node.right].sum + (node.value - reference_);
  }
  Index with(Index tree, Index added) {
    if (tree == kNone) return added;
    if (nodes_[added].rank > nodes_[tree].rank) {
      split(tree, added, nodes_[added].left, nodes_[added].right);
      pull(added);
      return added;
    }
    Index& side = before(added, tree) ? nodes_[tree].left : nodes_[tree].right;
    side = with(side, added);
    pull(tree);
    return tree;
  }
  Index without(Index tree, Index taken) {
    if (tree == taken) return merged(nodes_[tree].left, nodes_[tree].right);
    Index& side = before(taken, tree) ? nodes_[tree].left : nodes_[tree].right;
    side = without(side, taken);
    pull(tree);
    return tree;
  }
  // What lies before `at` and what behind.
  void split(Index tree, Index at, Index& left, Index& right) {
    if (tree == kNone) {
      left = right = kNone;
    } else if (before(tree, at)) {
      split(nodes_[tree].right, at, nodes_[tree].right, right);
      pull(tree);
      left = tree;
    } else {
      split(nodes_[tree].left, at, left, nodes_[tree].left);
      pull(tree);
      right = tree;
    }
  }
  Index merged(Index left, Index right) {
    if (left == kNone || right == kNone) return left == kNone ? right : left;
    if (nodes_[left].rank > nodes_[right].rank) {
      nodes_[left].right = merged(nodes_[left].right, right);
      pull(left);
      return left;
    }
    nodes_[right].left = merged(left, nodes_[right].left);
    pull(right);
    return right;
  }
  void sum_again(Index tree) {
    if (tree == kNone) return;
    sum_again(nodes_[tree].left);
    sum_again(nodes_[tree].right);
    pull(tree);
  }

  std::vector<Node> nodes_;
  Index root_ = kNone;
  Index next_ = 1;
  double reference_ = 0;
  bool full_ = false;
};

}  // namespace stom
