/** Readings of objects that several controllers share: owners, pods' facts, conditions. */
package io.berth.controllers.object;
