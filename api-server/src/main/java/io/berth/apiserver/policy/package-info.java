/**
 * What clusters add to admission by objects: which requests such objects are about, and the
 * policies that are written in expressions.
 */
@NullMarked
package io.berth.apiserver.policy;

import org.jspecify.annotations.NullMarked;
