/** Keeps as many pods of a template running as a ReplicaSet asks for. */
package io.berth.controllers.replicaset;
