/**
 * Group versions that other API servers serve: who serves what (APIServices), whether they are
 * reached, and how requests get there.
 */
@NullMarked
package io.berth.apiserver.aggregation;

import org.jspecify.annotations.NullMarked;
