/**
 * What {@code kubectl get} shows: for every kind its columns and how a cell is read off an object.
 * Pure functions of the object's JSON and the time.
 */
@NullMarked
package io.berth.apiserver.table;

import org.jspecify.annotations.NullMarked;
