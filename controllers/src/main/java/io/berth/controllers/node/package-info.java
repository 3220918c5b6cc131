/**
 * Watches nodes: which are lost, what their taints say, which pods must leave them, and which pods
 * nobody will ever run.
 */
package io.berth.controllers.node;
