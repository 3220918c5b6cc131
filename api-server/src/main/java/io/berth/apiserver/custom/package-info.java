/**
 * Custom resources: what a CustomResourceDefinition says, the rules for such definitions, and the
 * rules that they make for objects.
 */
@NullMarked
package io.berth.apiserver.custom;

import org.jspecify.annotations.NullMarked;
